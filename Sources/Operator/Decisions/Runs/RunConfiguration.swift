/// The ConfigMap of a run.
package struct RunConfiguration: Sendable, Equatable {
  package var name: String
  package var uid: String
  package var job: String

  package init(name: String, uid: String, job: String) {
    self.name = name
    self.uid = uid
    self.job = job
  }
}
