/* Included before every file of the module, Lua's own and ours.
 *
 * It closes what would let one machine differ from another: jumps go through
 * the host, randomness is a small generator inside the memory, no locale, no
 * stream. What cannot be said with a macro is a line edit in build.py. */
#ifndef AOSEC_CONFIG_H
#define AOSEC_CONFIG_H

#include <string.h>

struct lua_State;

/* An error leaves a protected call by the host: wasm has no setjmp without
 * exceptions, and the host can charge fuel for each throw. */
__attribute__((import_module("ao"), import_name("try")))
void aosec_try(void (*call)(struct lua_State *, void *), struct lua_State *L, void *argument);
__attribute__((import_module("ao"), import_name("throw"), noreturn))
void aosec_throw(void);

#define LUAI_TRY(L, c, a) aosec_try(f, L, ud)
#define LUAI_THROW(L, c) aosec_throw()
#define luai_jmpbuf int

/* math.random: 31 bits from a generator whose state lies in the memory. */
unsigned int aosec_random(void);
void aosec_random_seed(unsigned int seed);
#define l_rand() ((int)aosec_random())
#define l_srand(seed) aosec_random_seed(seed)
#define L_RANDMAX 0x7fffffff

#define l_signalT int
/* Decimal digits of a whole number, closed by a zero byte; gives their count. */
int aosec_integer_text(char *text, long long value);

#define LUA_COMPAT_5_2
#define lua_getlocaledecpoint() '.'
#define strcoll strcmp
#define lua_writestring(s, l) ((void)(s), (void)(l))
#define lua_writeline() ((void)0)
#define lua_writestringerror(s, p) ((void)(s), (void)(p))

#endif
