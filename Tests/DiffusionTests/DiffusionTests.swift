// Tests of Diffusion.
