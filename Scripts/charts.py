"""Line charts as SVG, two beside each other, for the scripts that measure."""

COLORS = ("#1f6fb4", "#d1622b", "#3a8f4d")
WIDTH, TOP, BOTTOM = 290, 40, 240


def drawing(labels, charts):
    """Charts {title: {name: values}} over the same labels; all have the same names."""
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 300" '
             'font-family="sans-serif" font-size="12">',
             '<rect width="720" height="300" fill="white"/>']
    for index, (title, lines) in enumerate(charts.items()):
        parts += chart(40 + 360 * index, title, labels, lines)
    for index, name in enumerate(next(iter(charts.values()))):
        parts.append(f'<text x="{40 + 225 * index}" y="290" fill="{COLORS[index]}">{name}</text>')
    return "\n".join(parts + ["</svg>\n"])


def chart(left, title, labels, lines):
    values = [value for line in lines.values() for value in line]
    low, high = min(0, *values), 1.1 * max(0, *values) or 1

    def height(value):
        return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)

    parts = [f'<text x="{left}" y="24">{title}</text>',
             f'<path d="M{left} {TOP}V{BOTTOM}M{left} {height(0):.0f}H{left + WIDTH}" fill="none" '
             'stroke="black"/>']
    for part in (0.25, 0.5, 0.75, 1):
        value = part * high / 1.1
        parts.append(f'<text x="{left - 4}" y="{height(value) + 4:.0f}" text-anchor="end">'
                     f'{value:.2g}</text>')
    places = [left + 20 + index * (WIDTH - 40) / max(1, len(labels) - 1)
              for index in range(len(labels))]
    for x, label in zip(places, labels):
        parts.append(f'<text x="{x:.0f}" y="{BOTTOM + 16}" text-anchor="middle">{label}</text>')
    for color, line in zip(COLORS, lines.values()):
        points = " ".join(f"{x:.0f},{height(value):.0f}" for x, value in zip(places, line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
    return parts
