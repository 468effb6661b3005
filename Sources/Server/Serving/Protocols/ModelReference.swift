/// The model and the version that a path names.
struct ModelReference: Sendable, Equatable {
  var model: String?
  var version: String?
}
