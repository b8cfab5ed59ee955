//! The messenger unit: a durable outbox that carries messages to their processes.
