"""What a person needs to judge a finding: where its trigger stands, and clean rows like it."""
