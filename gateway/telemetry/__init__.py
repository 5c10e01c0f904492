"""What the gateway says about itself: logs, traces, metrics, and the watch over its background tasks."""
