"""The diary: when a therapist, a room and the person are all free, and what stands against a time; pure."""
