"""Amazon ECR: repositories, images, login tokens."""
