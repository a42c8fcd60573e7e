"""Tests of many texts at once."""
