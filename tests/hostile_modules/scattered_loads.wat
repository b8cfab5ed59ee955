;; Reads its memory in an order that no cache foresees, for ever.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32) (local $at i32) (local $sum i32)
    (loop $again
      (local.set $at (i32.and (i32.add (i32.mul (local.get $at) (i32.const 1664525)) (i32.const 1013904223)) (i32.const 0x1fff0)))
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
      (br $again))
    (local.get $sum))
  (func (export "result_len") (result i32) (i32.const 2)))
