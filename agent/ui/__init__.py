"""The page: chat on the left, what is known on the right. It renders sessions and decides nothing."""
