"""Earwitness on livekit-agents. The only package here that imports it."""
