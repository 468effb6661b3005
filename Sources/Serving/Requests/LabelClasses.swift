import Tabular

/// The classes that a label may name: those of all versions that are served, as a label counts for whichever version has
/// answered its request.
struct LabelClasses: Sendable {
  private let names: [String]
  private let known: Set<String>
  /// Classes that are numbers, by their value: clients write `1.0` for the class "1".
  private let byValue: [Double: String]

  private static let shown = 20

  init(_ classes: [[String]]) {
    var seen: Set<String> = []
    names = classes.flatMap { $0 }.filter { seen.insert($0).inserted }
    known = seen
    var byValue: [Double: String] = [:]
    for name in names { if let value = Double(name), byValue[value] == nil { byValue[value] = name } }
    self.byValue = byValue
  }

  init(_ state: ServingState) { self.init(state.versions.map(\.target.classes)) }

  /// The class that the label means; nil where it is none.
  func name(_ label: String) -> String? {
    known.contains(label) ? label : Double(label).flatMap { byValue[$0] }
  }

  func problem(_ label: String) -> FieldProblem {
    let listed = names.prefix(Self.shown).map { "'\($0)'" }.joined(separator: ", ")
    let more = names.count > Self.shown ? " and \(names.count - Self.shown) more" : ""
    return FieldProblem(
      "label", .unseenCategory, "'\(label.prefix(64))' is no class of the model, whose classes are \(listed)\(more).")
  }
}
