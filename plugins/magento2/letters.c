#include "letters.h"

/* Capitals from `first` to `last`, each or every second, and how far the small one is. */
static const struct {
    uint32_t first, last;
    int step, distance;
} capitals[] = {
    {'A', 'Z', 1, 32},      {0xC0, 0xD6, 1, 32},     {0xD8, 0xDE, 1, 32},
    {0x100, 0x12E, 2, 1},   {0x132, 0x136, 2, 1},    {0x139, 0x147, 2, 1},
    {0x14A, 0x176, 2, 1},   {0x178, 0x178, 1, -121}, {0x179, 0x17D, 2, 1},
    {0x386, 0x386, 1, 38},  {0x388, 0x38A, 1, 37},   {0x38C, 0x38C, 1, 64},
    {0x38E, 0x38F, 1, 63},  {0x391, 0x3A1, 1, 32},   {0x3A3, 0x3AB, 1, 32},
    {0x400, 0x40F, 1, 80},  {0x410, 0x42F, 1, 32},   {0x460, 0x480, 2, 1},
    {0x48A, 0x4BE, 2, 1},   {0x4D0, 0x52E, 2, 1},    {0x1E00, 0x1E94, 2, 1},
    {0x1EA0, 0x1EFE, 2, 1},
};

static uint32_t small(uint32_t letter)
{
    for (size_t i = 0; i < sizeof capitals / sizeof *capitals; i++) {
        uint32_t from = letter - capitals[i].first;
        if (letter >= capitals[i].first && letter <= capitals[i].last &&
            from % (uint32_t)capitals[i].step == 0) {
            return letter + (uint32_t)capitals[i].distance;
        }
    }
    return letter;
}

/* The letter at `*at`, small, and on to the next; of three bytes at most, others and what
 * is no UTF-8 go byte by byte. */
static uint32_t read_letter(imh_str text, size_t *at)
{
    const unsigned char *byte = (const unsigned char *)text.ptr + *at;
    size_t left = text.len - *at;
    if (left > 1 && byte[0] >= 0xC2 && byte[0] < 0xE0) {
        *at += 2;
        return small((byte[0] & 0x1FU) << 6 | (byte[1] & 0x3FU));
    }
    if (left > 2 && byte[0] >= 0xE0 && byte[0] < 0xF0) {
        *at += 3;
        return small((byte[0] & 0x0FU) << 12 | (byte[1] & 0x3FU) << 6 | (byte[2] & 0x3FU));
    }
    *at += 1;
    return byte[0] < 0x80 ? small(byte[0]) : byte[0];
}

int letters_same(imh_str a, imh_str b)
{
    size_t i = 0;
    size_t j = 0;
    while (i < a.len && j < b.len) {
        if (read_letter(a, &i) != read_letter(b, &j)) {
            return 0;
        }
    }
    return i == a.len && j == b.len;
}
