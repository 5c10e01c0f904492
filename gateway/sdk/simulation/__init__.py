"""The parts of a simulated agency; ``gateway.sdk.simulator`` is the door to them."""
