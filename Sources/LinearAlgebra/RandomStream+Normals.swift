internal import CKernels
public import SweepGrid

extension RandomStream {
    /// Fills a buffer with standard normal variates, one word each, and moves on by as many words.
    ///
    /// A variate depends on the stream and its word position alone, and has the same bits on every processor.
    public mutating func fillNormals(_ buffer: UnsafeMutableBufferPointer<Float>) {
        guard let base = buffer.baseAddress else { return }
        kernels_normals_float(philox, position, base, buffer.count)
        position += UInt64(buffer.count)
    }

    /// Fills a buffer with standard normal variates, two words each, from the next even position on.
    public mutating func fillNormals(_ buffer: UnsafeMutableBufferPointer<Double>) {
        guard let base = buffer.baseAddress else { return }
        let index = position / 2 + position % 2
        kernels_normals_double(philox, index, base, buffer.count)
        position = 2 * (index + UInt64(buffer.count))
    }

    /// Fills a buffer with the words that `nextWord` would give one by one.
    public mutating func fillWords(_ buffer: UnsafeMutableBufferPointer<UInt32>) {
        guard let base = buffer.baseAddress else { return }
        kernels_words(philox, position, base, buffer.count)
        position += UInt64(buffer.count)
    }

    /// The next `count` standard normal variates in double precision.
    public mutating func normals(_ count: Int) -> [Double] {
        [Double](unsafeUninitializedCapacity: count) { buffer, used in
            fillNormals(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            used = count
        }
    }

    /// The next standard normal variate in double precision.
    public mutating func normal() -> Double { normals(1)[0] }

    var philox: kernels_philox { kernels_philox(key: key, highCounter: highCounter) }
}
