/// What a request gets.
package enum APIAnswer: Sendable {
  case response(APIResponse)
  /// A stream of changes follows.
  case watch(WatchPlan)
  /// The log of a container, from where containers run.
  case podLog(namespace: String, name: String, query: APIQuery)
}
