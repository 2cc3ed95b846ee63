"""Optional ways to other systems with the same readings: OPC UA is read, MQTT with Sparkplug B published and read."""
