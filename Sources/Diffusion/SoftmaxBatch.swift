import LinearAlgebra

/// What a batch of the softmax denoiser holds between the products of a step: one column per noisy sample.
///
/// Draw b belongs to sample b modulo their number: a batch is whole copies of the samples, one after another.
struct SoftmaxBatch<Scalar: MatrixScalar> {
    /// The codes of the denoised samples, `c w_k p_k`: x_hat is the frame times these.
    private(set) var weighted: Matrix<Scalar>
    /// The coefficient of each input (the samples, then the noise) in the gradient.
    private(set) var coefficients: Matrix<Scalar>
    /// `U^T x_hat`.
    private var images: Matrix<Scalar>
    /// The softmax weight of each component.
    private var weights: Matrix<Scalar>
    /// The noise deviation of each draw.
    private var deviations: [Scalar]

    private let components: Int
    private let dimension: Int
    private let samples: Int
    private let draws: Int

    init(components: Int, dimension: Int, samples: Int, draws: Int) {
        (self.components, self.dimension, self.samples, self.draws) = (components, dimension, samples, draws)
        let width = components * dimension
        weighted = Matrix(rows: width, columns: draws)
        images = Matrix(rows: width, columns: draws)
        weights = Matrix(rows: components, columns: draws)
        coefficients = Matrix(rows: width, columns: samples + draws)
        deviations = Array(repeating: 0, count: draws)
    }

    /// The softmax weights and the weighted codes, from the codes of the inputs.
    mutating func setWeights(codes: Matrix<Scalar>, levelWords: [UInt32], deviations levels: [Scalar]) {
        let (components, dimension, samples, draws) = (components, dimension, samples, draws)
        let width = components * dimension
        deviations.withUnsafeMutableBufferPointer { deviations in
            weights.withUnsafeMutablePointer { weights in
                weighted.withUnsafeMutablePointer { weighted in
                    codes.withUnsafePointer { codes in
                        var sample = 0
                        for draw in 0..<draws {
                            let deviation = levels[NoiseLevels.index(of: levelWords[draw])]
                            deviations[draw] = deviation
                            let power = 1 + deviation * deviation
                            let (shrinkage, factor) = (1 / power, 1 / (2 * deviation * deviation * power))
                            let clean = codes + width * sample
                            let noise = codes + width * (samples + draw)
                            let code = weighted + width * draw
                            let weight = weights + components * draw
                            var largest: Scalar = 0
                            for component in 0..<components {
                                var square: Scalar = 0
                                for row in component * dimension..<(component + 1) * dimension {
                                    code[row] = clean[row] + deviation * noise[row]
                                    square += code[row] * code[row]
                                }
                                weight[component] = factor * square
                                largest = max(largest, factor * square)
                            }
                            var sum: Scalar = 0
                            for component in 0..<components {
                                weight[component] = exponential(ofNegative: weight[component] - largest)
                                sum += weight[component]
                            }
                            let inverse = 1 / sum
                            for component in 0..<components {
                                weight[component] *= inverse
                                let scale = shrinkage * weight[component]
                                for row in component * dimension..<(component + 1) * dimension { code[row] *= scale }
                            }
                            sample = sample + 1 == samples ? 0 : sample + 1
                        }
                    }
                }
            }
        }
    }

    /// The products of the denoised samples with the frame, whose Gram matrix is given.
    mutating func setImages(gram: Matrix<Scalar>) { images.setProduct(gram, weighted) }

    /// The sum over the batch of `||x_hat||^2 - 2 x_hat . x`: the loss without the energy of the samples.
    func lossBeyondEnergy(codes: Matrix<Scalar>) -> Scalar {
        let width = components * dimension
        var total: Scalar = 0
        codes.withUnsafePointer { codes in
            images.withUnsafePointer { images in
                weighted.withUnsafePointer { weighted in
                    var sample = 0
                    for draw in 0..<draws {
                        let clean = codes + width * sample
                        var sum: Scalar = 0
                        for row in 0..<width {
                            sum += weighted[width * draw + row] * (images[width * draw + row] - 2 * clean[row])
                        }
                        total += sum
                        sample = sample + 1 == samples ? 0 : sample + 1
                    }
                }
            }
        }
        return total
    }

    /// The coefficients of samples and noise in the gradient.
    mutating func setCoefficients(codes: Matrix<Scalar>) {
        let (components, dimension, samples, draws) = (components, dimension, samples, draws)
        let width = components * dimension
        let (images, weights, weighted, deviations) = (images, weights, weighted, deviations)
        coefficients.withUnsafeMutablePointer { coefficients in
            coefficients.update(repeating: 0, count: width * samples)
            codes.withUnsafePointer { codes in
                images.withUnsafePointer { images in
                    weights.withUnsafePointer { weights in
                        weighted.withUnsafePointer { weighted in
                            var sample = 0
                            for draw in 0..<draws {
                                let deviation = deviations[draw]
                                let power = 1 + deviation * deviation
                                let (shrinkage, twicePhi) = (1 / power, 1 / (deviation * deviation * power))
                                let clean = codes + width * sample
                                let noise = codes + width * (samples + draw)
                                let image = images + width * draw
                                let code = weighted + width * draw
                                let weight = weights + components * draw
                                let ofSample = coefficients + width * sample
                                let ofNoise = coefficients + width * (samples + draw)
                                // w_k s_k = (c w_k p_k) . U_k^T e, and its sum over the components.
                                var mean: Scalar = 0
                                for row in 0..<width { mean += code[row] * (image[row] - clean[row]) }
                                for component in 0..<components {
                                    let block = component * dimension..<(component + 1) * dimension
                                    var slope: Scalar = 0
                                    for row in block { slope += code[row] * (image[row] - clean[row]) }
                                    let pull = twicePhi * 2 * (slope - weight[component] * mean)
                                    let gain = 2 * shrinkage * weight[component]
                                    for row in block {
                                        let noisy = clean[row] + deviation * noise[row]
                                        let along = gain * (image[row] - clean[row]) + pull * noisy
                                        ofSample[row] += along - 2 * code[row]
                                        ofNoise[row] = deviation * along
                                    }
                                }
                                sample = sample + 1 == samples ? 0 : sample + 1
                            }
                        }
                    }
                }
            }
        }
    }
}
