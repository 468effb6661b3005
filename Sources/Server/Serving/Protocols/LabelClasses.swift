import Engine
import Tabular

/// The classes that a label may name: those of all versions that are served, as a label counts for whichever version has
/// answered its request.
struct LabelClasses: Sendable {
  private let names: [String]
  /// By the same rule as in training, which says that `1.0` means the class "1".
  private let index: ValueIndex

  private static let shown = 20

  init(_ classes: [[String]]) {
    var seen: Set<String> = []
    names = classes.flatMap { $0 }.filter { seen.insert($0).inserted }
    index = ValueIndex(names)
  }

  init(_ state: ServingState) { self.init(state.versions.map(\.target.classes)) }

  /// The class that the label means; nil where it is none.
  func name(_ label: String) -> String? {
    let code = index.code(of: label)
    return code < 0 ? nil : index.levels[Int(code)]
  }

  func problem(_ label: String) -> FieldProblem {
    let listed = names.prefix(Self.shown).map { "'\($0.shown)'" }.joined(separator: ", ")
    let more = names.count > Self.shown ? " and \(names.count - Self.shown) more" : ""
    return FieldProblem(
      "label", .unseenCategory, "'\(label.shown)' is no class of the model, whose classes are \(listed)\(more).")
  }
}
