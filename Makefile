# Two commands do everything, their own set-up included: `make quickstart` and `make test`.
# Each step below can be made alone, and does nothing when there is nothing to do.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help quickstart test setup assets data build

help:
	@echo 'make quickstart   train and try an audio-visual model on real data (30 minutes)'
	@echo 'make test         build and run the tests'
	@echo 'make setup        install Debian packages that are missing, check Swift'
	@echo 'make assets       fetch pretrained parts and the stamps into ~/.cache/duet'
	@echo 'make data         build the data set AVStamps from the stamps'
	@echo 'make build        build duet for release'

quickstart: setup assets data build
	@Scripts/quickstart

# For release, like `build`: number-crunching tests are about a hundred times slower in debug
# builds, and without testable imports what is compiled for one serves the other.
test: setup
	swift test -c release --disable-testable-imports $(SWIFTFLAGS)

setup:
	@Scripts/setup

assets: setup
	@Scripts/fetch-assets

data: assets
	@Data/AVStamps/build.py "$$(Scripts/fetch-assets --path tuxpaint-stamps-default)" Data/AVStamps/build

build: setup
	swift build -c release --product duet $(SWIFTFLAGS)
