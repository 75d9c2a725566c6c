"""Brains read messages and word replies. They decide nothing."""
