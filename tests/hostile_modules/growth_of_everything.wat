;; Asks for 4 GiB, is told no, and does as if it had got them.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32)
    (drop (memory.grow (i32.const 65534)))
    (i32.store (i32.const -8) (i32.const 1))
    (i32.const 0))
  (func (export "result_len") (result i32) (i32.const 2)))
