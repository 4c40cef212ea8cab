"""What a model's file may hold: judged before any loader sees it."""
