;; Answers with 5,000 messages.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (local.set $at (i32.const 13))
    (loop $again
      (i32.store16 (local.get $at) (i32.const 0x7d7b))
      (i32.store8 offset=2 (local.get $at) (i32.const 44))
      (local.set $at (i32.add (local.get $at) (i32.const 3)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 15010))))
    (i32.store16 (local.get $at) (i32.const 0x7d7b))
    (i32.store16 offset=2 (local.get $at) (i32.const 0x7d5d))
    (i32.const 0))
  (func (export "result_len") (result i32) (i32.const 15017))
  (data (i32.const 0) "{\22Messages\22:["))
