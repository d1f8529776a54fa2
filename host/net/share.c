#include "net/share.h"

bool share_allows(uint64_t most, uint64_t used, uint64_t own, uint64_t more)
{
    uint64_t half = used < most ? (most - used) / 2 : 0;
    return own <= half && more <= half - own;
}
