"""MATLAB's .mat files."""
