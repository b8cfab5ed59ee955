;; Answers with a hundred thousand opened brackets.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (local.set $at (i32.const 12))
    (loop $again
      (i32.store8 (local.get $at) (i32.const 91))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $at) (i32.const 100000))))
    (i32.const 0))
  (func (export "result_len") (result i32) (i32.const 100000))
  (data (i32.const 0) "{\22Messages\22:"))
