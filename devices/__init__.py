"""Talk to gauges and sensors: ports, framing, decoding, links and simulators. Knows no store, no screen, no quality."""
