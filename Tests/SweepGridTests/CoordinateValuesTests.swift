import Foundation
import SweepGrid
import Testing

struct CoordinateValuesTests {
    static let lists: [[Value]] = [
        [], [.integer(3)], [.integer(3), .integer(3)], [.integer(1), .integer(2), .integer(3)],
        [.integer(5), .integer(5), .integer(5)], [.integer(9), .integer(6), .integer(3), .integer(0)],
        [.integer(1), .integer(2), .integer(4)], [.integer(.min), .integer(0), .integer(.max)],
        [.integer(.max), .integer(.min), .integer(.max)], [.integer(.min), .integer(-1), .integer(.max - 1)],
        [.integer(-6_000_000_000_000_000_000), .integer(0), .integer(6_000_000_000_000_000_000)],
        [.integer(.max - 2), .integer(.max - 1), .integer(.max)],
        [.real(0.5), .real(1.5), .real(2.5)], [.real(-0.0)], [.text("a"), .text("b")],
        [.boolean(true), .boolean(false)],
    ]

    @Test(arguments: lists) func theValuesAreThoseThatWereGiven(list: [Value]) throws {
        let values = CoordinateValues(list)
        #expect(Array(values) == list)
        #expect(values.count == list.count && values.first == list.first && values.last == list.last)
        #expect(values == CoordinateValues(Array(values)))
        #expect(values.description == list.description)
    }

    @Test func listsAreEqualWhereTheirValuesAre() {
        for one in Self.lists {
            for other in Self.lists {
                #expect((CoordinateValues(one) == CoordinateValues(other)) == (one == other), "\(one) \(other)")
                if one == other { #expect(CoordinateValues(one).hashValue == CoordinateValues(other).hashValue) }
            }
        }
    }

    @Test(arguments: lists.filter { !$0.isEmpty }) func aFileGivesTheSameValuesBack(list: [Value]) throws {
        let coordinate = Coordinate(parameter: "n", unit: "", longName: "", values: list)
        let bytes = try JSONEncoder().encode(coordinate)
        let back = try JSONDecoder().decode(Coordinate.self, from: bytes)
        #expect(back == coordinate)
        #expect(back.values == coordinate.values && Array(back.values) == list)
    }

    /// A file may write what the program would write otherwise, and may ask for more than there can be.
    @Test func progressionsOfAFileAreCheckedAndBroughtIntoTheOneForm() throws {
        func read(_ first: Int, _ step: Int, _ count: Int) throws -> CoordinateValues {
            let text =
                #"{"parameter":"n","unit":"","longName":"","progression":{"first":\#(first),"step":\#(step),"count":\#(count)}}"#
            return try JSONDecoder().decode(Coordinate.self, from: Data(text.utf8)).values
        }
        #expect(try read(4, 2, 2) == [.integer(4), .integer(6)])
        #expect(try read(4, 0, 3) == [.integer(4), .integer(4), .integer(4)])
        #expect(try read(4, 2, 3) == [.integer(4), .integer(6), .integer(8)])
        #expect(try read(4, 2, 0) == [])
        for (first, step, count) in [(0, 1, -1), (0, 1, 1 << 27), (0, .max, 3), (.max, 1, 3), (.min, -1, 3)] {
            #expect(throws: DecodingError.self) { try read(first, step, count) }
        }
    }
}
