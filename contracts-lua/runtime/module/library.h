#ifndef AOSEC_LIBRARY_H
#define AOSEC_LIBRARY_H

#include "lua.h"

/* Opens what a process may call into a new state. */
void library_open(lua_State *L);

#endif
