//! Clients: who asks for what, when, and what they do with the answer.

pub mod custom;
