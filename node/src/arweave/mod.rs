//! The base layer: reading it through gateways, writing to it, and the embedded devchain.
