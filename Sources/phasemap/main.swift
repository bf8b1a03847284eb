print("phasemap")
