import Foundation
import LinearAlgebra

// Prints the rates that a sweep of trainings rests on. A wrong answer fails the benchmark; a slow one is only reported.
print("OpenBLAS \(BLAS.version), \(BLAS.kernelFamily) kernels, \(BLAS.threads) thread")
let normalsAreRight = Normals.run()
let trainingIsRight = try DenoiserStep.run()
let softmaxIsRight = try SoftmaxStep.run()
exit(normalsAreRight && trainingIsRight && softmaxIsRight ? 0 : 1)
