"""What Grad-CAM needs: layers that have a time axis, what their units see, maps stretched over tokens."""
