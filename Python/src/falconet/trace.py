"""Traces: claims and step data by index, kept in a folder."""
