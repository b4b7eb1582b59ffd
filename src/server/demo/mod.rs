//! `postbacks demo`: the server, the simulator, a sample game and a trickle of players, so that the loop closes in the first minute.

pub mod journey;
