import { beginPage } from './page';
import { serverForm } from './serverForm';

void beginPage('welcomeTitle').then(serverForm);
