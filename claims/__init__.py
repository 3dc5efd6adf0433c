"""What the course claims: each claim with the sentence that makes it, the assertion that proves it, and its mechanism.

`python -m claims` runs every assertion twice. With the mechanism on it must hold; with it off it must fail, or it
would prove nothing.
"""
