;; One branch with a hundred thousand targets.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "result_len") (result i32) (i32.const 2))
  (func (param i32)
    (block $out (br_table
;;* 100000 $out
      (local.get 0)))))
