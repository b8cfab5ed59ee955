#!/usr/bin/env python3
"""Builds process.wasm, the module of every Lua process, from pinned sources.

Only needed to change the module: the result is committed with its SHA-256, and
two builds in different folders give equal bytes. Needs python3 and cargo; the
compiler (ziglang) and Lua's sources (the crate lua-src) come from the package
registries, each checked against a hash that stands here.

    build.py [--check] [--work FOLDER]

--check builds and compares with the committed hash instead of writing.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
OURS = HERE / "module"

ZIG = "ziglang==0.17.0"
ZIG_HASHES = [
    # manylinux and musllinux, x86-64
    "97079827064a7492cce5541ceb438ae8003ce1e54e399676da2d62fb7a5dc08b",
]
LUA_CRATE = "551.1.0"
LUA_CRATE_SHA256 = "41d22b201501a536c0f5a96c7589b268b559172b20fb029064434e38ddcecb1f"
LUA_FOLDER = "lua-5.3.6"

# Deepest nesting of C calls is Lua's 200, less than 850 bytes each, and 16 KiB
# for the number formatting at the end.
STACK_BYTES = 256 * 1024

LUA_FILES = """lapi lauxlib lbaselib lbitlib lcode lcorolib lctype ldebug ldo lfunc lgc llex
lmathlib lmem lobject lopcodes lparser lstate lstring lstrlib ltable ltablib ltm lutf8lib lvm
lzio""".split()
OUR_FILES = ["entry", "json_in", "json_out", "library", "memory"]

# Line edits of Lua: (file, old, new), each found exactly once.
EDITS = [
    # The seed of string hashes must not know addresses or the time.
    ("lstate.c", "  g->seed = makeseed(L);", "  g->seed = 0x616f7365u;"),
    ("lstate.c", "static unsigned int makeseed (lua_State *L) {", "__attribute__((unused)) static unsigned int makeseed (lua_State *L) {"),
    ("lstate.c", "#include <time.h>\n#define luai_makeseed()\t\tcast(unsigned int, time(NULL))", "#define luai_makeseed()\t\t0"),
    # Addresses never become text.
    ("lauxlib.c", 'lua_pushfstring(L, "%s: %p", kind, lua_topointer(L, idx));', 'lua_pushfstring(L, "%s", kind);'),
    # A table's __gc never runs: a finalizer would run between two messages.
    ("lapi.c", "        luaC_objbarrier(L, gcvalue(obj), mt);\n        luaC_checkfinalizer(L, gcvalue(obj), mt);", "        luaC_objbarrier(L, gcvalue(obj), mt);"),
    # No files.
    ("lbaselib.c", "int status = luaL_loadfilex(L, fname, mode);", "int status = aosec_no_file(L, fname, mode);"),
    ("lbaselib.c", "if (luaL_loadfile(L, fname) != LUA_OK)", "if (aosec_no_file(L, fname, NULL) != LUA_OK)"),
    ("lbaselib.c", '#include "lualib.h"', '#include "lualib.h"\nint aosec_no_file (lua_State *L, const char *name, const char *mode);'),
    # Deepest Lua stack, in slots of 16 bytes: 1.5 MiB. Lua's own "stack overflow"
    # comes long before the memory or the machine stack ends.
    ("luaconf.h", "#define LUAI_MAXSTACK\t\t1000000", "#define LUAI_MAXSTACK\t\t100000"),
    # Each of 200 nested C calls may hold such a buffer: see STACK_BYTES.
    ("luaconf.h", "((int)(0x80 * sizeof(void*) * sizeof(lua_Integer)))", "512"),
    # Whole numbers become text without the detour through printf.
    ("luaconf.h", "l_sprintf((s), sz, LUA_INTEGER_FMT, (LUAI_UACINT)(n))", "aosec_integer_text((s), (n))"),
    # One string made by string.rep or string.pack: 16 MiB.
    ("lstrlib.c", "\t(sizeof(size_t) < sizeof(int) ? MAX_SIZET : (size_t)(INT_MAX))", "\t((size_t)(16 * 1024 * 1024))"),
]

TARGET = ["-target", "wasm32-wasi", "-mcpu=mvp+sign_ext+mutable_globals+nontrapping_fptoint"]
COMPILE = ["-O2", "-g0", "-std=gnu99", "-ffunction-sections", "-fdata-sections", "-fno-ident", "-fno-stack-protector",
           "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-parameter"]
LINK = ["-mexec-model=reactor", "-nostartfiles", "-Wl,--no-entry", "-Wl,--gc-sections", "-Wl,--strip-all",
        f"-Wl,-z,stack-size={STACK_BYTES}", "-Wl,--export=__stack_pointer"]


def run(command, **options):
    """Runs one command; its output is shown, a failure ends the build."""
    subprocess.run([str(part) for part in command], check=True, **options)


def fetch_zig(work):
    """A virtual environment with exactly one package, checked by hash."""
    home = work / "zig"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        wanted = work / "requirements.txt"
        wanted.write_text(" ".join([ZIG] + [f"--hash=sha256:{h}" for h in ZIG_HASHES]) + "\n")
        run([python, "-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", wanted])
    return [python, "-m", "ziglang", "cc"]


def fetch_lua(work):
    """Lua's sources out of the crate, by way of cargo's own vendoring."""
    scratch = work / "lua"
    crate = scratch / "vendor" / "lua-src"
    if not crate.exists():
        scratch.mkdir(parents=True, exist_ok=True)
        (scratch / "lib.rs").write_text("")
        (scratch / "Cargo.toml").write_text(
            '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n'
            f'[dependencies]\nlua-src = "={LUA_CRATE}"\n[workspace]\n')
        run(["cargo", "vendor", "-q", "vendor"], cwd=scratch, stdout=subprocess.DEVNULL)
    checksum = json.loads((crate / ".cargo-checksum.json").read_text())["package"]
    if checksum != LUA_CRATE_SHA256:
        sys.exit(f"lua-src has the hash {checksum}, expected {LUA_CRATE_SHA256}")
    return crate / LUA_FOLDER


def edit_lua(source, target):
    """Copies Lua and applies EDITS; a line that is not there once ends the build."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.[ch]")):
        text = path.read_text(encoding="latin-1")
        for name, old, new in EDITS:
            if name != path.name:
                continue
            if text.count(old) != 1:
                sys.exit(f"{name}: found {text.count(old)} times: {old}")
            text = text.replace(old, new)
        (target / path.name).write_text(text, encoding="latin-1")


def compile_all(zig, work):
    """Compiles and links with relative paths only, so that no folder leaks in."""
    objects = []
    flags = COMPILE + ["-I", "ours", "-I", "lua", "-include", "ours/config.h"]
    for folder, names in (("lua", LUA_FILES), ("ours", OUR_FILES)):
        for name in names:
            objects.append(f"{name}.o")
            run([*zig, *TARGET, *flags, "-c", f"{folder}/{name}.c", "-o", f"{name}.o"], cwd=work)
    run([*zig, *TARGET, "-O2", *LINK, *objects, "-o", "process.wasm"], cwd=work)
    return (work / "process.wasm").read_bytes()


def build(work):
    """The module's bytes, built below `work`."""
    work.mkdir(parents=True, exist_ok=True)
    os.environ["ZIG_GLOBAL_CACHE_DIR"] = os.environ["ZIG_LOCAL_CACHE_DIR"] = str(work / "cache")
    tree = work / "tree"
    edit_lua(fetch_lua(work), tree / "lua")
    (tree / "ours").mkdir(parents=True, exist_ok=True)
    for path in sorted(OURS.iterdir()):
        (tree / "ours" / path.name).write_bytes(path.read_bytes())
    return compile_all(fetch_zig(work), tree)


def main():
    """Builds, then writes or compares."""
    options = argparse.ArgumentParser(description="Build the Lua process module.")
    options.add_argument("--check", action="store_true", help="compare with the committed hash")
    options.add_argument("--work", type=pathlib.Path, help="keep the toolchain and objects here")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        module = build((chosen.work or pathlib.Path(scratch)).resolve())
    digest = hashlib.sha256(module).hexdigest()
    print(f"{digest}  {len(module)} bytes")
    committed = HERE / "process.wasm.sha256"
    if chosen.check:
        sys.exit(0 if committed.read_text().split()[0] == digest else "differs from the committed module")
    (HERE / "process.wasm").write_bytes(module)
    committed.write_text(f"{digest}\n")


if __name__ == "__main__":
    main()
