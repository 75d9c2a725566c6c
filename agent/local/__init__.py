"""The engine on this machine: data in, plan out; plan in, run out; run in, report out."""
