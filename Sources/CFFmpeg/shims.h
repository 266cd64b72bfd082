#pragma once
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

// Macros that Swift cannot import.

static inline int duet_av_error_end_of_file(void) { return AVERROR_EOF; }
static inline int duet_av_error_again(void) { return AVERROR(EAGAIN); }
static inline int64_t duet_av_no_timestamp(void) { return AV_NOPTS_VALUE; }

// A field that was renamed between releases.

static inline int64_t duet_av_frame_duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return frame->duration;
#else
    return frame->pkt_duration;
#endif
}
