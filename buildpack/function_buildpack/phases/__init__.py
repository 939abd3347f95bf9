"""The phases of a buildpack, and the steps of a build that create no layer."""
