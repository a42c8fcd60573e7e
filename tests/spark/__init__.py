"""Tests of what runs on Spark."""
