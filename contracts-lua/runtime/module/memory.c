#include "memory.h"

#include <stdint.h>
#include <string.h>

/* Small classes are the multiples of 16 up to 512. Above, four classes for
 * each doubling, so that at most a fifth of a block is unused. */
#define STEP 16
#define SMALL_MAX 512
#define SMALL_CLASSES (SMALL_MAX / STEP)
#define LARGE_CLASSES (4 * 22)
/* Small blocks are cut from one such piece at a time: a page of the state root. */
#define PIECE 4096
#define WASM_PAGE 65536
/* No class is larger. */
#define SIZE_LIMIT ((size_t)1 << 30)

typedef struct Free {
  struct Free *next;
} Free;

/* Ends of the linear memory that the linker fixes. */
extern unsigned char __heap_base;

static Free *lists[SMALL_CLASSES + LARGE_CLASSES];
/* Untouched memory lies between these two; the end may be 4 GiB. */
static uint64_t fresh;
static uint64_t fresh_end;

/* The class of a size, and the size of that class's blocks. */
static unsigned int class_of(size_t size, size_t *block) {
  if (size <= SMALL_MAX) {
    unsigned int steps = (unsigned int)((size + STEP - 1) / STEP);
    *block = steps * STEP;
    return steps - 1;
  }
  unsigned int power = 31u - (unsigned int)__builtin_clz((unsigned int)(size - 1));
  size_t quarter = (size_t)1 << (power - 2);
  size_t quarters = (size - 1) / quarter + 1;
  *block = quarters * quarter;
  return SMALL_CLASSES + (power - 9) * 4 + (unsigned int)(quarters - 5);
}

static int grow(size_t need) {
  if (fresh == 0) {
    fresh = ((uintptr_t)&__heap_base + PIECE - 1) & ~(uintptr_t)(PIECE - 1);
    fresh_end = (uint64_t)__builtin_wasm_memory_size(0) * WASM_PAGE;
  }
  uint64_t end = fresh + need;
  if (end <= fresh_end) return 1;
  size_t pages = (size_t)((end - fresh_end + WASM_PAGE - 1) / WASM_PAGE);
  if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return 0;
  fresh_end += (uint64_t)pages * WASM_PAGE;
  return 1;
}

static void *cut(size_t size) {
  if (!grow(size)) return NULL;
  void *block = (void *)(uintptr_t)fresh;
  fresh += size;
  return block;
}

/* Cuts a new piece into blocks, lowest address first out. */
static void refill(Free **list, size_t block) {
  unsigned char *piece = cut(PIECE);
  if (piece == NULL) return;
  for (size_t i = PIECE / block; i-- > 0;) {
    Free *one = (Free *)(piece + i * block);
    one->next = *list;
    *list = one;
  }
}

void *memory_take(size_t size) {
  size_t block;
  if (size > SIZE_LIMIT) return NULL;
  Free **list = &lists[class_of(size, &block)];
  if (*list == NULL) {
    if (block > SMALL_MAX) return cut(block);
    refill(list, block);
    if (*list == NULL) return NULL;
  }
  Free *one = *list;
  *list = one->next;
  return one;
}

void memory_give(void *block, size_t size) {
  size_t unused;
  if (block == NULL) return;
  Free **list = &lists[class_of(size, &unused)];
  ((Free *)block)->next = *list;
  *list = block;
}

/* The last large block that was cut may grow where it lies. */
static int extend(void *block, size_t old_block, size_t new_block) {
  int last = old_block > SMALL_MAX && (uintptr_t)block + old_block == fresh;
  if (!last || new_block < old_block || !grow(new_block - old_block)) return 0;
  fresh += new_block - old_block;
  return 1;
}

void *memory_resize(void *block, size_t old_size, size_t new_size) {
  size_t old_block, new_block;
  if (block == NULL) return memory_take(new_size);
  if (new_size > SIZE_LIMIT) return NULL;
  if (class_of(old_size, &old_block) == class_of(new_size, &new_block)) return block;
  if (extend(block, old_block, new_block)) return block;
  void *moved = memory_take(new_size);
  if (moved == NULL) return NULL;
  memcpy(moved, block, old_size < new_size ? old_size : new_size);
  memory_give(block, old_size);
  return moved;
}
