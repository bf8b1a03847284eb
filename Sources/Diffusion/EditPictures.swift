/// The layout of the pictures that an edit leaves: rows are directions, columns the edit itself and two edited samples.
///
/// A row holds the edit of the longest step, then what each step changes in the decoded sample, for one sample after the other;
/// in the place of no step it holds the decoded sample. Each picture has 8 rows of 6 pixels.
public enum EditPictures {
    /// How many of the leading singular vectors have a row; the last row is that of a random direction.
    public static let directionCount = 3
    /// The steps of edits, in units of the parameter `editLength`.
    public static let steps: [Double] = [-6, -3, 0, 3, 6]
    /// Rows of pixels.
    public static let height = PictureFrame.height
    /// Columns of pixels.
    public static let width = PictureFrame.width

    /// For every pixel `10 000 row + 100 column + pixel`, all three counted from 0.
    static var coordinates: [Double] {
        let (columns, pixels) = (1 + 2 * steps.count, PictureFrame.pixelCount)
        return (0..<(directionCount + 1) * columns * pixels).map { index in
            let (picture, pixel) = index.quotientAndRemainder(dividingBy: pixels)
            return Double(10_000 * (picture / columns) + 100 * (picture % columns) + pixel)
        }
    }

    /// Samples that are decoded for the pictures alone.
    static var decodingCount: Int { 2 * (directionCount + 1) * steps.count { $0 != 0 } }
}
