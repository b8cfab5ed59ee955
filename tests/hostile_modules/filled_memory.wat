;; Takes all memory that it can get, page by page, and writes into each for ever.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (loop $grow
      (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (loop $write
      (i32.store (local.get $at) (local.get $at))
      (local.set $at (i32.rem_u (i32.add (local.get $at) (i32.const 4096)) (i32.mul (memory.size) (i32.const 65536))))
      (br $write))
    (i32.const 0))
  (func (export "result_len") (result i32) (i32.const 2)))
