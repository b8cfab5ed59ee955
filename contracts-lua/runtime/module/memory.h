/* The allocator: blocks by size class, no headers, one free list a class.
 *
 * Lua names the size of what it gives back, so none is stored. Lists are last
 * in, first out: a message writes where the one before it wrote, which keeps
 * the changed pages few. Blocks never join; a class that is short grows the
 * memory, until the host says no. */
#ifndef AOSEC_MEMORY_H
#define AOSEC_MEMORY_H

#include <stddef.h>

/* A block of at least `size` bytes (> 0), 16-aligned, or NULL. */
void *memory_take(size_t size);
/* Gives back a block that was taken with this size. */
void memory_give(void *block, size_t size);
/* Moves a block to a new size; NULL leaves the old one as it was. */
void *memory_resize(void *block, size_t old_size, size_t new_size);

#endif
