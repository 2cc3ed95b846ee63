"""What a station and the hub say to each other, over a network or on a stick: both know this, neither the other."""
