"""Builds AVStamps: audio-visual questions and answers from Tux Paint's stamps."""
