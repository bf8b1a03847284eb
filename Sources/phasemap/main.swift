import CommandLine
import Sweeps

Program.main(catalog: catalog)
