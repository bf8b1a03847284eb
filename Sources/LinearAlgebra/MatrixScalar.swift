internal import COpenBLAS
public import SweepGrid

/// A number type of matrices: `Float` or `Double`.
public protocol MatrixScalar: BinaryFloatingPoint, Sendable {
    /// Fills a buffer with standard normal variates of the stream.
    static func fillNormals(_ buffer: UnsafeMutableBufferPointer<Self>, using stream: inout RandomStream)

    /// Computes `c = alpha op(a) op(b) + beta c` on column-major storage, as BLAS gemm does.
    static func gemm(
        transposeA: Bool, transposeB: Bool, rows: Int, columns: Int, inner: Int, alpha: Self,
        a: UnsafePointer<Self>, strideA: Int, b: UnsafePointer<Self>, strideB: Int,
        beta: Self, c: UnsafeMutablePointer<Self>, strideC: Int)

    /// Overwrites a tall matrix by its Householder QR factors, as LAPACK geqrf does; returns LAPACK's `info`.
    static func geqrf(
        rows: Int, columns: Int, a: UnsafeMutablePointer<Self>, tau: UnsafeMutablePointer<Self>,
        work: UnsafeMutableBufferPointer<Self>
    ) -> Int

    /// Overwrites the factors of `geqrf` by the orthonormal one, as LAPACK orgqr does; returns LAPACK's `info`.
    static func orgqr(
        rows: Int, columns: Int, a: UnsafeMutablePointer<Self>, tau: UnsafePointer<Self>,
        work: UnsafeMutableBufferPointer<Self>
    ) -> Int
}

extension Double: MatrixScalar {
    /// Fills a buffer with standard normal variates of the stream.
    public static func fillNormals(_ buffer: UnsafeMutableBufferPointer<Double>, using stream: inout RandomStream) {
        stream.fillNormals(buffer)
    }

    /// BLAS dgemm.
    public static func gemm(
        transposeA: Bool, transposeB: Bool, rows: Int, columns: Int, inner: Int, alpha: Double,
        a: UnsafePointer<Double>, strideA: Int, b: UnsafePointer<Double>, strideB: Int,
        beta: Double, c: UnsafeMutablePointer<Double>, strideC: Int
    ) {
        cblas_dgemm(
            CblasColMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            Int32(rows), Int32(columns), Int32(inner), alpha, a, Int32(strideA), b, Int32(strideB), beta, c,
            Int32(strideC))
    }

    /// LAPACK dgeqrf.
    public static func geqrf(
        rows: Int, columns: Int, a: UnsafeMutablePointer<Double>, tau: UnsafeMutablePointer<Double>,
        work: UnsafeMutableBufferPointer<Double>
    ) -> Int {
        var (m, n, length, info) = (Int32(rows), Int32(columns), Int32(work.count), Int32(0))
        dgeqrf_(&m, &n, a, &m, tau, work.baseAddress, &length, &info)
        return Int(info)
    }

    /// LAPACK dorgqr.
    public static func orgqr(
        rows: Int, columns: Int, a: UnsafeMutablePointer<Double>, tau: UnsafePointer<Double>,
        work: UnsafeMutableBufferPointer<Double>
    ) -> Int {
        var (m, n, length, info) = (Int32(rows), Int32(columns), Int32(work.count), Int32(0))
        dorgqr_(&m, &n, &n, a, &m, tau, work.baseAddress, &length, &info)
        return Int(info)
    }
}

extension Float: MatrixScalar {
    /// Fills a buffer with standard normal variates of the stream.
    public static func fillNormals(_ buffer: UnsafeMutableBufferPointer<Float>, using stream: inout RandomStream) {
        stream.fillNormals(buffer)
    }

    /// BLAS sgemm.
    public static func gemm(
        transposeA: Bool, transposeB: Bool, rows: Int, columns: Int, inner: Int, alpha: Float,
        a: UnsafePointer<Float>, strideA: Int, b: UnsafePointer<Float>, strideB: Int,
        beta: Float, c: UnsafeMutablePointer<Float>, strideC: Int
    ) {
        cblas_sgemm(
            CblasColMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            Int32(rows), Int32(columns), Int32(inner), alpha, a, Int32(strideA), b, Int32(strideB), beta, c,
            Int32(strideC))
    }

    /// LAPACK sgeqrf.
    public static func geqrf(
        rows: Int, columns: Int, a: UnsafeMutablePointer<Float>, tau: UnsafeMutablePointer<Float>,
        work: UnsafeMutableBufferPointer<Float>
    ) -> Int {
        var (m, n, length, info) = (Int32(rows), Int32(columns), Int32(work.count), Int32(0))
        sgeqrf_(&m, &n, a, &m, tau, work.baseAddress, &length, &info)
        return Int(info)
    }

    /// LAPACK sorgqr.
    public static func orgqr(
        rows: Int, columns: Int, a: UnsafeMutablePointer<Float>, tau: UnsafePointer<Float>,
        work: UnsafeMutableBufferPointer<Float>
    ) -> Int {
        var (m, n, length, info) = (Int32(rows), Int32(columns), Int32(work.count), Int32(0))
        sorgqr_(&m, &n, &n, a, &m, tau, work.baseAddress, &length, &info)
        return Int(info)
    }
}
